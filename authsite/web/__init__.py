"""What views share: the request, forms, pages, and how a user is authenticated."""
