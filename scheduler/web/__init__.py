"""HTTP only: parse, ask one service, answer."""
