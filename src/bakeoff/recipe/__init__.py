"""The frozen description of a bake-off, with YAML and JSON round trip."""
