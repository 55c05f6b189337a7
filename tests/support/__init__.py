"""What tests share: real servers, a client of the widget's protocol, small bots and channels."""
