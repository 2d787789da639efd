from flask import Blueprint as Section

money = Section("money", __name__)
late = Section("late", __name__)
post = late.post
