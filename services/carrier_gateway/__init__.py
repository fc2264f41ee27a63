"""What carriers say, in our words: webhooks in, polling out, everything onto `carrier.shipments.v1`. No database."""
