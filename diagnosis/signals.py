"""What the engine tells the site, which it does not know."""

from django.dispatch import Signal

# Sent with `job` inside the transaction that ends it (state done or failed).
analysis_finished = Signal()
