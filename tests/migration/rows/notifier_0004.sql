-- What notifier held at revision 0004: how fast a number was used, for a made-up number.

INSERT INTO paces (bucket, empty_at) VALUES
('whatsapp', '-infinity'),
('whatsapp 100000000000001', '2026-11-22 07:42:04.469438+00');
