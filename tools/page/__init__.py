"""Dashboards in a browser: whether they load nothing, fit, sort, say nothing on the console, and can be read by everybody."""
