"""Named reports, one file each."""
