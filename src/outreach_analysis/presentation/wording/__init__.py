"""Words and numbers in Bahasa Indonesia and English: gettext catalogues and Babel's formats."""
