"""One module for each API: its docstring is its page, `gateway` what it is; the file name, dashed, is the id."""
