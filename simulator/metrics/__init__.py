"""What results say: service, efficiency, inequality."""
