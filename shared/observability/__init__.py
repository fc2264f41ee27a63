"""What a process tells about itself: JSON logs without personal data, W3C trace context, Prometheus metrics."""
