"""WhatsApp templates: what is submitted for approval, and whether what was approved is what we say."""
