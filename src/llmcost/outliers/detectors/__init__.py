"""One pattern of waste each; the file name, dashed, is the id users see."""
