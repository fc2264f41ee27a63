"""The three services. They share nothing but `shared/` and speak only through the topics in `shared/contracts/topics.py`."""
