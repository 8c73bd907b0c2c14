"""The pure core: what can be booked, by whom, and what may be shown of it."""
