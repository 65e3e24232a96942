"""What to do about each finding, where the finding does not say so itself, and where to read on.

A report is read where the pages of the checks are not.
"""

__all__ = ["REMEDIES", "remedy", "where"]

REMEDIES: dict[str, tuple[str, str]] = {  # code: what to do, and the section that shows it
    "D001": ("Find out why they are missing; leave out a column that is mostly empty.", "data"),
    "D002": ("", "data"),
    "D003": ("Look whether rows were lost.", "data"),
    "D004": ("Look at the rare classes one by one.", "classes"),
    "D005": ("Drop the copies, or keep them on one side of every split.", "data"),
    "D006": ("Drop these rows from one side.", "validation"),
    "D007": ("Nothing, if the images were meant to be stored so: every contestant scales them itself.", "data"),
    "D008": ("", "copies"),
    "D009": ("If the rows to come will be like the test rows, collect training rows like them.", "data"),
    "D010": ("Correct the labels that are wrong, and run it again.", "labels"),
    "D011": ("", "copies"),
    "D012": ("", "validation"),
    "P001": ("", "openings"),
    "P002": ("", "copies"),
    "P003": ("", "leaderboard"),
    "P004": ("", "openings"),
    "P005": ("Compare the same average of both.", "claims"),
    "P006": ("", "leaderboard"),
    "P009": ("Keep rows apart before the search: --test, or bakeoff split.", "leaderboard"),
    "P007": ("Leave output_units out: a network gets one output a class.", "networks"),
    "P008": ("Set output_activation: softmax and loss: categorical_crossentropy.", "networks"),
    "R001": ("", "history"),
    "R002": ("", "history"),
    "R003": ("Give it more epochs or iterations, until its loss stops falling.", "failures"),
    "R004": ("Look at its settings and its training: it has learned nothing.", "history"),
    "R005": ("", "leaderboard"),
    "R006": ("Believe the test score.", "validation"),
    "R007": ("Do not read their order as settled; more seeds would narrow it.", "comparisons"),
}


def remedy(code: str) -> str:
    """What to do; empty where the finding says so itself, and for a code that this release does not know."""
    return REMEDIES.get(code, ("", ""))[0]


def where(code: str) -> str:
    """The section that shows it; empty for a code that this release does not know."""
    return REMEDIES.get(code, ("", ""))[1]
