"""Requests on behalf of plugins: to addresses that were checked, in bounded time, of bounded size."""
