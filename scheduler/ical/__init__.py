"""Domain values to RFC 5545 text: invitations, feeds and the time zones they speak of."""
