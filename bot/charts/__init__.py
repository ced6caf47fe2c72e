"""Charts as pictures, drawn by a process of their own: memory and loop of the shop never pay for the drawing library.

Stands apart like the sandbox: it knows numbers, not the shop.
"""
