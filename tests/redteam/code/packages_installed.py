"""What notebooks from Colab begin with, and worse."""
!pip install tensorflow==2.15 numpy==1.0
%pip install --target /tmp/work evil
!rm -rf / --no-preserve-root
