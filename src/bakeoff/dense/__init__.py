"""The engine for dense networks, in pure JAX: no files, no printing, no scikit-learn."""
