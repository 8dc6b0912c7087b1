"""Trains for a million epochs."""
# state: partly graded
import keras
import numpy as np

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(loss="mse")
model.fit(np.zeros((32, 1)), np.zeros((32, 1)), epochs=10**6, verbose=0)
