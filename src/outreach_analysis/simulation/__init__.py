"""The synthetic office: a pop-up programme of invented people whose truth is known, for the sample and for studies."""
