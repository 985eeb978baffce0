"""Answers of Mistral's OCR, billed by the page.

`usage_info.pages_processed` counts the pages. The body states neither id nor time: the envelope does, or `--at`
(https://docs.mistral.ai/api/#tag/ocr). Mistral's chat, embeddings and moderation speak OpenAI's dialect.
"""

from llmcost.ingest.source import Source

source = Source(
    title="Mistral OCR answers",
    issuer="'mistral'",
    claims="@usage_info.pages_processed is not null and @model is not null",
    body=True,
    fields={
        "request_id": "filled(@id)",
        "provider": "'mistral'",
        "response_model": "filled(@model)",
        "operation": "'ocr'",
        "pages": "#usage_info.pages_processed",
    },
)
