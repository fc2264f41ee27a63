"""The three services. They share `shared/` alone and speak only through the topics in `shared/contracts/topics.py`."""
