-- What notifier held at revision 0004: a provider's pace.

INSERT INTO paces (bucket, empty_at) VALUES
('whatsapp:number:106540352242922', '2026-11-22 05:42:04+00');
