-- title: Operation
-- kind: text
-- meaning: chat, text_completion, embeddings, rerank, image, speech, transcription, realtime, moderation or ocr
operation
