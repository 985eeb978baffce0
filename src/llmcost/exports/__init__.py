"""What other tools read: FOCUS, OpenTelemetry metrics and tables of warehouses. One file a format."""
