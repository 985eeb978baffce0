"""Pulling from the API of a gateway, an observability service or a provider.

An API is one file in `apis/` that names auth, paging, windows, limits and the source that reads its rows; the modules here
do the rest. Out come pages of records and how far they reach; who commits them is above.
"""
