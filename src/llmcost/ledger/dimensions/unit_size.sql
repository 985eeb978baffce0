-- title: Unit size
-- kind: text
-- meaning: what size or kind of unit was billed, such as a search context of low, an image of 1024x1024 high or a web_search_preview
unit_size
