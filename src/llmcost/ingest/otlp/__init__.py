"""Spans that exporters send over the network: the protocol, what is waiting for the rest of its trace, and the receiver."""
