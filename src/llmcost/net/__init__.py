"""Speaking to other machines: the only place that knows an HTTP client."""
