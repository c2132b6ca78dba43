"""A proposal as one HTML page for people who approve it: opens in any browser, prints on A4, loads nothing.

from counterpoise.proposal_page import write_proposal_page

write_proposal_page(proposal, run, job, "proposal.html")
"""

from counterpoise.proposal_page.page import proposal_page, write_proposal_page

__all__ = ["proposal_page", "write_proposal_page"]
