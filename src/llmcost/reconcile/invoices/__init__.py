"""The bills that are read, one file for each export: the file's name, dashed, is the id users see."""
