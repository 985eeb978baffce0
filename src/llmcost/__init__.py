"""llmcost: a local-first, audit-grade cost auditor for LLM usage."""

__version__ = "0.1.0"
