"""What every service of Hito stands on: the contracts they agree on and plumbing without an opinion on content."""
