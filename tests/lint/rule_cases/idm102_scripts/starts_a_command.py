from run import settle

if __name__ == "__main__":
    settle()
