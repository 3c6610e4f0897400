"""Real people to try Natalis with: the 537 members of the United States Congress (CC0).

Names and birthdays come from the public-domain `congress-legislators` data; the addresses are made up
(`example.org`) and the time zone is that of the member's state or district.
"""
