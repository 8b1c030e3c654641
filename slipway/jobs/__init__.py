"""Jobs: what their runs are called, how they are, and how one is started by hand."""
