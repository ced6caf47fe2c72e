"""The project's own speed, measured against floors: `make bench`."""
