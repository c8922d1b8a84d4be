"""Messages: what one mail says, where it belongs, who may be answered."""
