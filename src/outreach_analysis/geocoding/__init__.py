"""Where does a name lie? Place names and addresses, taken apart and matched with the areas that they mean."""
