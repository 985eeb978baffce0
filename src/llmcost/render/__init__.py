"""One file per output format. The only place that knows rich."""
