"""One file per log shape or export; the file name, dashed, is the source id."""
