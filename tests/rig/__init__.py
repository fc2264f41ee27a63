"""The fault rig: all of Hito as OS processes behind proxies, what is done to it, and a folder that tells of it.

The rig breaks things and writes down; it never judges. Whether the product kept its promises is said by an oracle that
reads the folder and knows nothing of the product's code.
"""
