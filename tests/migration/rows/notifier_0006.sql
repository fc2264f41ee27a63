-- What notifier held at revision 0006: what a made-up buyer said, and an address that reached nobody.

INSERT INTO consents (shop, person, channel, purpose, state, source, at, order_id) VALUES
('demo', '\x1d9f0000000000000000000000000000000000000000000000000000000000aa', 'whatsapp', 'order_status', 'granted', 'order', '2026-11-22 05:42:04+00', 'A-1001'),
('demo', '\x1d9f0000000000000000000000000000000000000000000000000000000000aa', 'whatsapp', 'order_status', 'withdrawn', 'preferences', '2026-11-22 06:42:04+00', NULL);

INSERT INTO languages_chosen (shop, person, language, order_id, at) VALUES
('demo', '\x1d9f0000000000000000000000000000000000000000000000000000000000aa', 'en', 'A-1001', '2026-11-22 06:42:04+00');

INSERT INTO preference_links (token, shop, order_id, recipient, told_at) VALUES
('Zk3vQ8mN1xT7rB5wLc0yHd', 'demo', 'A-1001', 'buyer', '2026-11-22 05:42:04+00');

INSERT INTO unreachable (channel, address, reason, until) VALUES
('email', '\x1d9f0000000000000000000000000000000000000000000000000000000000bb', 'smtp_550_5.1.1', '2027-05-22 05:42:04+00');
