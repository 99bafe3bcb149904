"""Where should the passport office's next pop-up go, and how sure are we?"""
