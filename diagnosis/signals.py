"""What the engine tells the site, which it does not know."""

from django.dispatch import Signal

# Sent with `job` inside the transaction that ends it: state done, failed, or cancelled where the
# release has changed. Of a job that stopped its worker too often it is sent after that.
analysis_finished = Signal()
