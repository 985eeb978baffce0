-- title: Inference region
-- kind: text
-- meaning: where the provider ran the model
inference_region
