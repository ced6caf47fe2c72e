"""Papers as files, set by a process of their own: memory and loop of the shop never pay for the setting.

Stands apart like the charts: it knows labels and numbers, not the shop.
"""
